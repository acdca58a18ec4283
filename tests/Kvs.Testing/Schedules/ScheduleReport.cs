namespace Kvs.Testing.Schedules;

/// <summary>What was run.</summary>
/// <param name="Schedules">How many schedules.</param>
/// <param name="Steps">Places that were reached, in all of them.</param>
/// <param name="Switches">How often another thread went on.</param>
/// <param name="Time">How long it took.</param>
public sealed record ScheduleReport(long Schedules, long Steps, long Switches, TimeSpan Time)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        double steps = (double)Steps / Schedules;
        double switches = (double)Switches / Schedules;
        double microseconds = Time.TotalMicroseconds / Schedules;
        return FormattableString.Invariant(
            $"{Schedules} schedules, {steps:F0} steps and {switches:F1} switches each, {microseconds:F1} us each");
    }
}
