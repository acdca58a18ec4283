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
        _keyBytes = GC.AllocateArray<byte>(count * Pattern.KeyBytes, pinned: true);
        _valueBytes = GC.AllocateArray<byte>(count * Pattern.ValueBytes, pinned: true);
        _tags = new ulong[count];
        _keys = new ReadOnlyMemory<byte>[count];
        _entries = new KvsEntry[count];
        for (int i = 0; i < count; i++)
        {
            Memory<byte> value = _valueBytes.AsMemory(i * Pattern.ValueBytes, Pattern.ValueBytes);
            _keys[i] = _keyBytes.AsMemory(i * Pattern.KeyBytes, Pattern.KeyBytes);
            _entries[i] = new KvsEntry(_keys[i], value);
            Pattern.PrepareValue(value.Span);
        }

        ValuePattern.PrepareKey(_keyBytes);
        _checked = new CheckedValues(Pattern, _tags);
    }

    /// <inheritdoc/>
    internal override ref CheckedValues Checked => ref _checked;

    /// <inheritdoc/>
    protected override int MakeCall(out OperationKind kind)
    {
        kind = Source.NextKind();
        if (kind == OperationKind.None)
        {
            return 0;
        }

        int count = Math.Min(_keys.Length, Source.Remaining);
        for (int i = 0; i < count; i++)
        {
            ulong tag = ValuePattern.TagOf(Source.NextNumber());
            _tags[i] = tag;
            ValuePattern.WriteKey(_keyBytes.AsSpan(i * Pattern.KeyBytes), tag);
            if (kind == OperationKind.Set)
            {
                ValuePattern.WriteValue(_valueBytes.AsSpan(i * Pattern.ValueBytes, Pattern.ValueBytes), tag);
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
}
