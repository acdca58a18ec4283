using Kvs.Bench.Measures;
using Kvs.Bench.Workloads;

namespace Kvs.Bench.Network;

/// <summary>The requests of a connection that are not yet answered, in their order, and what their answers must be.
/// </summary>
/// <remarks>For one thread. Answers come in the order of requests and, within a request, of operations; each method
/// that takes an answer is about the next ones. Allocates nothing but itself.</remarks>
internal sealed class RequestRing
{
    private readonly OperationSource _source;
    private readonly LoadTally _tally;
    private readonly ValuePattern _values;
    private readonly bool _mixesKinds;
    private readonly bool _hasOwnKey;
    private readonly int _server;
    private readonly int _batch;
    private readonly long[] _begins;
    private readonly int[] _counts;
    private readonly ulong[] _tags;
    private readonly bool[] _areGets;
    private readonly long[] _numbers;

    private long _begun;
    private long _answered;
    private long _completed;
    private int _answeredOfHead;
    private ulong _round;

    /// <summary>Makes an empty one.</summary>
    /// <param name="part">What is done.</param>
    /// <param name="place">Whose operations these are.</param>
    /// <param name="mixesKinds">Whether a request may both get and set.</param>
    /// <param name="inFlight">How many requests may be unanswered.</param>
    /// <param name="tally">Where answers are counted.</param>
    internal RequestRing(PartSettings part, SourcePlace place, bool mixesKinds, int inFlight, LoadTally tally)
    {
        _source = new OperationSource(part, place);
        _tally = tally;
        _values = part.ValuePattern;
        _mixesKinds = mixesKinds;
        _hasOwnKey = part.Mix == Mix.Partitions;
        _server = place.Shard;
        _batch = part.Batch;
        _begins = new long[inFlight];
        _counts = new int[inFlight];
        _tags = new ulong[inFlight * part.Batch];
        _areGets = new bool[inFlight * part.Batch];
        _numbers = new long[part.Batch];
    }

    /// <summary>Requests that are not yet answered.</summary>
    internal int Count => (int)(_begun - _answered);

    /// <summary>Whether another request may be begun.</summary>
    internal bool HasRoom => Count < _begins.Length;

    /// <summary>How many operations the next answers are about, those of the oldest request.</summary>
    internal int Expected => Count == 0 ? 0 : _counts[Head] - _answeredOfHead;

    /// <summary>Whether the next answer is that of a get.</summary>
    internal bool IsGetExpected => _areGets[NextAnswer];

    /// <summary>The number of the oldest request.</summary>
    internal uint ExpectedId => IdOf(_answered);

    private int Head => (int)(_answered % _begins.Length);

    private int NextAnswer => (Head * _batch) + _answeredOfHead;

    /// <summary>Begins a request; false when there is nothing left to do.</summary>
    /// <param name="begin">When it begins, or was to begin.</param>
    /// <param name="request">What it is; valid until the next one.</param>
    internal bool TryBegin(long begin, out LoadRequest request)
    {
        int slot = (int)(_begun % _begins.Length);
        int first = slot * _batch;
        int count = 0;
        OperationKind kind = _source.NextKind();
        while (kind != OperationKind.None)
        {
            Choose(count, first + count, kind);
            if (++count == _batch)
            {
                break;
            }

            if (_mixesKinds)
            {
                kind = _source.NextKind();
            }
            else if (!_source.HasMore)
            {
                break;
            }
        }

        _begins[slot] = begin;
        _counts[slot] = count;
        request = new LoadRequest(IdOf(_begun), _numbers.AsSpan(0, count), _tags.AsSpan(first, count),
            _areGets.AsSpan(first, count));
        if (count == 0)
        {
            return false;
        }

        _begun++;
        _tally.Outstanding++;
        return true;
    }

    /// <summary>Takes the value that a get has brought.</summary>
    internal void TakeValue(ReadOnlySpan<byte> value)
    {
        ulong tag = _tags[NextAnswer];
        if (!IsGetExpected)
        {
            _tally.Checked.Report("a set was answered with a value");
        }
        else
        {
            _tally.Checked.Check(value, tag);
        }

        Answer(1);
    }

    /// <summary>Takes the answer that a key is not there.</summary>
    internal void TakeMissing()
    {
        _tally.Checked.ReportMissing(_tags[NextAnswer]);
        Answer(1);
    }

    /// <summary>Takes the answer that sets were done.</summary>
    internal void TakeDone(int count)
    {
        if (IsGetExpected)
        {
            _tally.Checked.Report("a get was answered as if it were a set", count);
        }

        Answer(count);
    }

    /// <summary>Takes the answer that operations have failed.</summary>
    internal void TakeFailure(string message, int count)
    {
        _tally.Checked.Report(message, count);
        Answer(count);
    }

    /// <summary>Counts the requests that were answered since the last time.</summary>
    /// <param name="now">When their answers came.</param>
    internal void Complete(long now)
    {
        for (; _completed < _answered; _completed++)
        {
            int slot = (int)(_completed % _begins.Length);
            ReadOnlySpan<bool> areGets = _areGets.AsSpan(slot * _batch, _counts[slot]);
            LatencyHistogram histogram = !areGets.Contains(true) ? _tally.Sets
                : !areGets.Contains(false) ? _tally.Gets : _tally.Both;
            histogram.Record(now - _begins[slot]);
        }
    }

    // 0 is no number of a request, and they may come around.
    private static uint IdOf(long index) => (uint)(index % uint.MaxValue) + 1;

    private void Choose(int index, int place, OperationKind kind)
    {
        long number = _source.NextNumber();
        bool isGet = kind == OperationKind.Get;

        // A key of one's own has another value each time, so that a get that brings an old one is found out.
        ulong tag = !_hasOwnKey ? ValuePattern.TagOf(number) : isGet ? _round : ++_round;
        _numbers[index] = number;
        _tags[place] = tag;
        _areGets[place] = isGet;
        _tally.ValueBytes += _values.BytesOf(tag);
    }

    private void Answer(int count)
    {
        _tally.Count(_server, count);
        _answeredOfHead += count;
        if (_answeredOfHead == _counts[Head])
        {
            _answeredOfHead = 0;
            _answered++;
            _tally.Outstanding--;
        }
    }
}
