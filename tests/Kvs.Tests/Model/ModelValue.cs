namespace Kvs.Tests;

/// <summary>What a write stores: a number as text, or so many bytes that say which value it is, of all.</summary>
internal readonly record struct ModelValue(int Bytes, int? Number = null)
{
    internal IEnumerable<ModelValue> Smaller() =>
        Bytes == 0 ? [] : [this with { Bytes = 0 }, this with { Bytes = Bytes / 2 }];

    public override string ToString() => Number is { } number ? $"number {number}" : $"{Bytes} bytes";
}
