namespace Kvs.Admin;

/// <summary>A place in a store's folder that is not as it was written.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">Where in the file the damage was noticed, in bytes from its start.</param>
/// <param name="What">What is wrong there, as a part of a sentence.</param>
public sealed record DamagedPlace(string File, long Offset, string What)
{
    /// <summary><c>file:offset: what</c>.</summary>
    public override string ToString() => $"{File}:{Offset}: {What}";

    internal static DamagedPlace Of(KvsDamageException damage) => new(damage.File, damage.Offset, damage.What);
}
