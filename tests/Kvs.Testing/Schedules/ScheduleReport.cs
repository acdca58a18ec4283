namespace Kvs.Testing.Schedules;

/// <summary>What was run.</summary>
/// <param name="Schedules">How many schedules.</param>
/// <param name="Steps">Places that were reached, in all of them.</param>
/// <param name="Switches">How often another thread went on.</param>
/// <param name="Time">How long it took.</param>
public sealed record ScheduleReport(long Schedules, long Steps, long Switches, TimeSpan Time)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Schedules} schedules, {(double)Steps / Schedules:F0} steps and {(double)Switches / Schedules:F1} switches each, {Time.TotalMicroseconds / Schedules:F1} us each");
}
