namespace Kvs.Files;

/// <summary>What the operating system can do for a thread that the runtime has no call for.</summary>
internal static unsafe class SystemThreads
{
    /// <summary>
    /// Lets the calling thread run before all ordinary ones, where the process may ask for that (CAP_SYS_NICE). For the
    /// thread that syncs while others wait: on busy processors it would wait milliseconds for its time slice after
    /// a sync of 0.1. Nothing happens where it is not allowed.
    /// </summary>
    internal static void TryMakeUrgent()
    {
        if (OperatingSystem.IsLinux())
        {
            int lowest = 1;
            _ = LinuxCalls.SetScheduler(0, LinuxCalls.ScheduleRoundRobin, &lowest);
        }
    }

    /// <summary>Lets the calling thread take less of a busy processor than others. For work that can wait.</summary>
    internal static void TryMakeModest()
    {
        const int Nice = 5;
        if (OperatingSystem.IsLinux())
        {
            _ = LinuxCalls.SetPriority(LinuxCalls.PriorityOfThread, 0, Nice);
        }
    }

    /// <summary>Sleeps while a word holds a value, until it is woken; may also return for no reason. False, at once,
    /// where the operating system has no such call.</summary>
    internal static bool TryWaitWhile(int* word, int value)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        // Its result says why it returned, which the caller finds out by looking again.
        _ = LinuxCalls.Futex(LinuxCalls.FutexNumber, word, LinuxCalls.FutexWaitPrivate, value, null);
        return true;
    }

    /// <summary>Wakes all who sleep on a word. False where the operating system has no such call.</summary>
    internal static bool TryWakeAll(int* word)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        _ = LinuxCalls.Futex(LinuxCalls.FutexNumber, word, LinuxCalls.FutexWakePrivate, int.MaxValue, null);
        return true;
    }
}
