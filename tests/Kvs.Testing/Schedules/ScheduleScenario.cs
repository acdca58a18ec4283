namespace Kvs.Testing.Schedules;

/// <summary>
/// A few threads that do a few steps on shared structures, and what must hold of the result whichever thread goes on
/// at each step.
/// </summary>
/// <remarks>One object runs many schedules, one after the other; never two at a time. It is disposed
/// afterwards where it can be.</remarks>
public abstract class ScheduleScenario
{
    /// <summary>How many threads there are.</summary>
    public abstract int Threads { get; }

    /// <summary>About how many places a schedule reaches. Changes of priority fall anywhere among so many.</summary>
    public abstract int Steps { get; }

    /// <summary>Makes everything anew for a schedule. Whatever is random comes from <paramref
    /// name="random"/>.</summary>
    public abstract void Begin(ScheduleRandom random);

    /// <summary>What one of the threads does. Throws where something is not as promised.</summary>
    public abstract void Run(int thread);

    /// <summary>Checks the end, and frees what <see cref="Begin"/> has made. All threads have ended.</summary>
    public abstract void End();
}
