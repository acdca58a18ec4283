using Kvs.Bench.Drivers;

namespace Kvs.Bench.Workloads;

/// <summary>Gets and sets several keys in each call; all of them are got, or all set.</summary>
internal sealed class BatchWorker : Worker
{
    private readonly ReadOnlyMemory<byte>[] _keys;
    private readonly KvsEntry[] _entries;
    private readonly byte[] _keyBytes;
    private readonly byte[] _valueBytes;
    private readonly ulong[] _tags;
    private CheckedValues _checked;

    internal BatchWorker(PartSettings part, int thread, IDriverSession session) : base(part, thread, session)
    {
        int count = part.Batch;

        // Pinned, as the sessions of C libraries hand on pointers.
        _keyBytes = GC.AllocateArray<byte>(count * KeyPattern.MaxBytes, pinned: true);
        _valueBytes = GC.AllocateArray<byte>(count * ValuePattern.MaxBytes, pinned: true);
        _tags = new ulong[count];
        _keys = new ReadOnlyMemory<byte>[count];
        _entries = new KvsEntry[count];
        for (int i = 0; i < count; i++)
        {
            ValuePattern.Prepare(ValueAt(i).Span);
        }

        KeyPattern.Prepare(_keyBytes);
        _checked = new CheckedValues(ValuePattern, _tags);
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

        int count = 0;
        for (; count < _keys.Length && Source.HasMore; count++)
        {
            ulong tag = AddKey(count);
            int valueBytes = ValuePattern.BytesOf(tag);
            ValueBytes += valueBytes;
            if (kind == OperationKind.Set)
            {
                Memory<byte> value = ValueAt(count)[..valueBytes];
                ValuePattern.Write(value.Span, tag);
                _entries[count] = new KvsEntry(_keys[count], value);
            }
        }

        if (kind == OperationKind.Set)
        {
            Session.SetMany(_entries.AsSpan(0, count));
        }
        else
        {
            _checked.Begin();
            Session.GetMany(_keys.AsSpan(0, count), ref _checked);
            _checked.End(count);
        }

        return count;
    }

    private ulong AddKey(int index)
    {
        long number = Source.NextNumber();
        ulong tag = ValuePattern.TagOf(number);
        Memory<byte> key = _keyBytes.AsMemory(index * KeyPattern.MaxBytes, KeyPattern.MaxBytes);
        _keys[index] = key[..KeyPattern.Write(key.Span, number, tag)];
        return _tags[index] = tag;
    }

    private Memory<byte> ValueAt(int index) =>
        _valueBytes.AsMemory(index * ValuePattern.MaxBytes, ValuePattern.MaxBytes);
}
