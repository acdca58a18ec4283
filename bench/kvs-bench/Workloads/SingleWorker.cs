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
        _key = new byte[Pattern.KeyBytes];
        _value = new byte[Pattern.ValueBytes];
        _found = new byte[Pattern.ValueBytes];
        _hasOwnKey = part.Mix == Mix.Partitions;
        _checked = new CheckedValues(Pattern, []);
        ValuePattern.PrepareKey(_key);
        Pattern.PrepareValue(_value);
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

        ulong keyTag = ValuePattern.TagOf(Source.NextNumber());
        ValuePattern.WriteKey(_key, keyTag);
        if (kind == OperationKind.Set)
        {
            // A key of one's own has another value each time, so that a get that brings an old one is found out.
            ValuePattern.WriteValue(_value, _hasOwnKey ? ++_round : keyTag);
            Session.Set(_key, _value);
        }
        else
        {
            Get(_hasOwnKey ? _round : keyTag);
        }

        return 1;
    }

    private void Get(ulong tag)
    {
        if (!Session.TryGet(_key, _found, out int valueBytes))
        {
            _checked.ReportMissing(tag);
            return;
        }

        // A value of another length is wrong whatever its bytes are.
        _checked.Check(valueBytes == _found.Length ? _found : [], tag);
    }
}
