using Kvs.Bench.Drivers;

namespace Kvs.Bench.Workloads;

/// <summary>Gets and sets one key in each call.</summary>
internal sealed class SingleWorker : Worker
{
    private readonly byte[] _key;
    private readonly byte[] _value;
    private readonly byte[] _found;
    private readonly bool _hasOwnKey;
    private CheckedValues _checked;
    private ulong _round;

    internal SingleWorker(PartSettings part, int thread, IDriverSession session) : base(part, thread, session)
    {
        _key = new byte[KeyPattern.MaxBytes];
        _value = new byte[ValuePattern.MaxBytes];
        _found = new byte[ValuePattern.MaxBytes];
        _hasOwnKey = part.Mix == Mix.Partitions;
        _checked = new CheckedValues(ValuePattern, []);
        KeyPattern.Prepare(_key);
        ValuePattern.Prepare(_value);
    }

    /// <inheritdoc/>
    protected override ref CheckedValues Checked => ref _checked;

    /// <inheritdoc/>
    protected override int MakeCall(out OperationKind kind)
    {
        kind = Source.NextKind();
        if (kind == OperationKind.None)
        {
            return 0;
        }

        long number = Source.NextNumber();
        ulong tag = ValuePattern.TagOf(number);
        ReadOnlySpan<byte> key = _key.AsSpan(0, KeyPattern.Write(_key, number, tag));
        if (kind == OperationKind.Set)
        {
            // A key of one's own has another value each time, so that a get that brings an old one is found out.
            tag = _hasOwnKey ? ++_round : tag;
            Span<byte> value = _value.AsSpan(0, ValuePattern.BytesOf(tag));
            ValuePattern.Write(value, tag);
            Session.Set(key, value);
            ValueBytes += value.Length;
        }
        else
        {
            Get(key, _hasOwnKey ? _round : tag);
        }

        return 1;
    }

    private void Get(ReadOnlySpan<byte> key, ulong tag)
    {
        if (!Session.TryGet(key, _found, out int valueBytes))
        {
            _checked.ReportMissing(tag);
            return;
        }

        if (valueBytes > _found.Length)
        {
            _checked.Report($"a key's value is wrong: {valueBytes} bytes, longer than any");
            return;
        }

        _checked.Check(_found.AsSpan(0, valueBytes), tag);
        ValueBytes += valueBytes;
    }
}
