namespace Kvs.Admin;

/// <summary>Bytes that are not as they were written, and could not be used.</summary>
/// <param name="File">The file.</param>
/// <param name="From">Where they begin.</param>
/// <param name="To">Where they end.</param>
/// <param name="What">What is wrong, as a part of a sentence.</param>
/// <param name="IsAccountedFor">Whether it is known what was in there: nothing of a user's, or
/// <see cref="SalvageReport.LostRecords"/>. Where it is not, any key may have had a later value or removal there.
/// </param>
public sealed record LostRange(string File, long From, long To, string What, bool IsAccountedFor)
{
    /// <summary><c>file:from-to: what</c>.</summary>
    public override string ToString() => $"{File}:{From}-{To}: {What}" +
        (IsAccountedFor ? "" : "; what was in there is not known");
}
