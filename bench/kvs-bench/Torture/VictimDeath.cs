namespace Kvs.Bench.Torture;

/// <summary>
/// How a victim ended. When the power of its disk is cut, the victim goes on for a moment, which it would not in a
/// machine: a sync that was under way may return without an error though the journal of the file system was dropped.
/// What is acknowledged or flushed from that moment on does not count.
/// </summary>
/// <param name="At">A moment before it was killed, or before the power was cut.</param>
/// <param name="Flushed">Of each writer, the writes that were flushed before the power was cut; null where it was not.
/// </param>
internal readonly record struct VictimDeath(long At, long[]? Flushed)
{
    /// <summary>How many writes had returned to a writer.</summary>
    internal long AcknowledgedBefore(Journal journal, int writer)
    {
        long count = journal.Acknowledged(writer);
        while (Flushed is not null && count > 0 && journal.Write(writer, count - 1).End >= At)
        {
            count--;
        }

        return count;
    }

    /// <summary>How many writes of a writer a flush covered that had returned.</summary>
    internal long FlushedBefore(Journal journal, int writer) => Flushed?[writer] ?? journal.Flushed(writer);
}
