using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>The files at the moment of a crash, and the moments at which the store may stand after it.</summary>
internal sealed record CrashImage(
    SimulatedFiles Files, bool IsPowerCut, string Where, int Durable, int Done, int Begun);

/// <summary>Takes an image of the files at some operation on them, on whatever thread that is made.</summary>
internal sealed class CrashPoint(SimulatedFiles files, Random random, ModelHistory history) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly bool _isPowerCut = random.Next(2) == 0;
    private volatile CrashImage? _taken;
    private volatile bool _isOver;
    private long _left;

    /// <summary>The image, once it was taken.</summary>
    internal CrashImage? Taken => _taken;

    /// <summary>Whether those who help the test shall end.</summary>
    internal bool IsOver
    {
        get => _isOver;
        set => _isOver = value;
    }

    /// <summary>Lets one of the next operations be the crash, or none.</summary>
    internal void Arm(bool isOpening)
    {
        if (random.Next(isOpening ? 4 : 2) == 0)
        {
            lock (_lock)
            {
                _left = random.Next(1, random.Next(3) == 0 ? 400 : 60);
            }

            files.BeforeOperation = Count;
        }
    }

    /// <summary>No operation is the crash any more, when this returns.</summary>
    internal void Disarm()
    {
        files.BeforeOperation = null;
        lock (_lock)
        {
            _left = 0;
        }
    }

    /// <summary>Takes the image now.</summary>
    internal void Take()
    {
        lock (_lock)
        {
            Take("between two operations");
        }
    }

    public void Dispose() => Disarm();

    private void Count(SimulatedOperation operation)
    {
        lock (_lock)
        {
            if (_left > 0 && --_left == 0)
            {
                Take($"before {operation.Kind} of {operation.Path}");
            }
        }
    }

    private void Take(string where)
    {
        if (_taken is null)
        {
            // What must be there is asked before the image is made, what may be there behind it.
            int durable = history.Durable;
            int done = history.Done;
            SimulatedFiles image = files.CrashProcess();
            _taken = new CrashImage(image, _isPowerCut, where, durable, done, history.Begun);
        }
    }
}
