namespace Kvs.Log;

/// <summary>Where and why a walk could not go on.</summary>
internal sealed record LogBreak(Segment Segment, uint Offset, string What)
{
    internal KvsDamageException ToDamage() => Segment.Damage(Offset, What);
}
