namespace Kvs.Testing.Schedules;

/// <summary>What a thread of a schedule is about.</summary>
internal enum ScheduledState
{
    /// <summary>It can go on.</summary>
    Ready,

    /// <summary>It looks, now and then, whether it can.</summary>
    Spinning,

    /// <summary>It waits for a pulse.</summary>
    Waiting,

    /// <summary>It has done all that it had to.</summary>
    Ended,
}
