using Kvs.Files;

namespace Kvs.Concurrency;

/// <summary>
/// What many threads wait for, and one wakes them all with a single system call: each goes on by itself. With a
/// monitor they would take its lock one after the other, which costs a change of threads each.
/// </summary>
/// <remarks>
/// Any thread may call any member. The generation is advanced under a lock of the owner's, with what the waiting
/// threads look for; they read it under the same lock, together with what they look at. So either they see the news, or
/// their generation is no longer the present one and <see cref="WaitWhile"/> returns at once.
/// </remarks>
internal sealed unsafe class WakeSignal
{
    // Pinned: the kernel compares it where it lies.
    private readonly int[] _generation = GC.AllocateArray<int>(1, pinned: true);

    /// <summary>How often there were news. Under the owner's lock.</summary>
    internal int Generation => _generation[0];

    /// <summary>Notes that there are news. Under the owner's lock; <see cref="WakeAll"/> follows behind it.</summary>
    internal void Advance() => _ = Interlocked.Increment(ref _generation[0]);

    /// <summary>Waits until a generation is over; may also return for no reason. The caller holds no lock.</summary>
    internal void WaitWhile(int generation)
    {
        fixed (int* word = _generation)
        {
            if (!SystemThreads.TryWaitWhile(word, generation))
            {
                lock (_generation)
                {
                    while (_generation[0] == generation)
                    {
                        Monitor.Wait(_generation);
                    }
                }
            }
        }
    }

    /// <summary>Wakes all who wait for a generation that is over.</summary>
    internal void WakeAll()
    {
        fixed (int* word = _generation)
        {
            if (!SystemThreads.TryWakeAll(word))
            {
                lock (_generation)
                {
                    Monitor.PulseAll(_generation);
                }
            }
        }
    }
}
