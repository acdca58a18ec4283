using System.Collections;

namespace Kvs.Testing;

/// <summary>A list that is equal to another of equal items, as a part of a record ought to be.</summary>
public sealed class ValueList<T>(IEnumerable<T> items) : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    private readonly T[] _items = [.. items];

    /// <inheritdoc />
    public int Count => _items.Length;

    /// <inheritdoc />
    public T this[int index] => _items[index];

    /// <summary>Lists with an item less, or with one that is less.</summary>
    /// <param name="smaller">What is less than an item.</param>
    public IEnumerable<ValueList<T>> Smaller(Func<T, IEnumerable<T>> smaller)
    {
        for (int i = 0; i < _items.Length; i++)
        {
            yield return new ValueList<T>([.. _items[..i], .. _items[(i + 1)..]]);
        }

        for (int i = 0; i < _items.Length; i++)
        {
            foreach (T item in smaller(_items[i]))
            {
                yield return new ValueList<T>([.. _items[..i], item, .. _items[(i + 1)..]]);
            }
        }
    }

    /// <inheritdoc />
    public bool Equals(ValueList<T>? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    /// <inheritdoc />
    public override int GetHashCode() => _items.Length;

    /// <summary>The items, as a failure shows them.</summary>
    public override string ToString() => $"[{string.Join(", ", _items)}]";

    /// <inheritdoc />
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Makes lists whose type follows from their items.</summary>
public static class ValueList
{
    /// <summary>A list of these items.</summary>
    public static ValueList<T> Of<T>(IEnumerable<T> items) => new(items);
}
