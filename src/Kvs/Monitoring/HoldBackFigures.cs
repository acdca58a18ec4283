using System.Diagnostics;

namespace Kvs.Monitoring;

/// <summary>Counts how often, and for how long, writes waited for garbage to be won back.</summary>
/// <remarks>Thread-safe. <see cref="Begin"/> is called under the locks of a write, where nobody may be told anything:
/// the housekeeper does that with <see cref="TellIfBegun"/>. It alone ends it, too.</remarks>
internal sealed class HoldBackFigures(StoreEvents events)
{
    private readonly Lock _lock = new();
    private long _times;
    private TimeSpan _ended;
    private long _since;
    private bool _isTold;

    /// <summary>How many times it began.</summary>
    internal long Times
    {
        get
        {
            lock (_lock)
            {
                return _times;
            }
        }
    }

    /// <summary>How long it was in all, up to now.</summary>
    internal TimeSpan Time
    {
        get
        {
            lock (_lock)
            {
                return _since == 0 ? _ended : _ended + Stopwatch.GetElapsedTime(_since);
            }
        }
    }

    /// <summary>Writes wait from now on, if they did not before.</summary>
    internal void Begin()
    {
        lock (_lock)
        {
            if (_since == 0)
            {
                _times++;
                _since = Stopwatch.GetTimestamp();
            }
        }
    }

    /// <summary>Tells that writes wait, once.</summary>
    internal void TellIfBegun()
    {
        lock (_lock)
        {
            if (_since == 0 || _isTold)
            {
                return;
            }

            _isTold = true;
        }

        events.WritesHeldBack();
    }

    /// <summary>Writes go on, if they waited.</summary>
    internal void End()
    {
        TellIfBegun();
        TimeSpan took;
        lock (_lock)
        {
            if (_since == 0)
            {
                return;
            }

            took = Stopwatch.GetElapsedTime(_since);
            _ended += took;
            _since = 0;
            _isTold = false;
        }

        events.WritesLetGo(took);
    }
}
