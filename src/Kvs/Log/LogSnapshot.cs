using Kvs.Folder;

namespace Kvs.Log;

/// <summary>
/// All of a log that is stamped up to an epoch, held: it stays readable until this is disposed, also when segments are
/// sealed, cut and removed meanwhile.
/// </summary>
/// <param name="Manifest">The manifest at that moment; its sequence number is no lower than any that was given.</param>
/// <param name="Epoch">The epoch, which is durable.</param>
/// <param name="Parts">What of each segment belongs to it.</param>
internal sealed record LogSnapshot(Manifest Manifest, ulong Epoch, IReadOnlyList<SegmentPart> Parts) : IDisposable
{
    /// <summary>Takes hold of some segments, which nobody seals, cuts or removes meanwhile.</summary>
    /// <exception cref="KvsDamageException">Something in them is not as it was written.</exception>
    internal static LogSnapshot Take(Manifest manifest, IEnumerable<Segment> segments, ulong epoch)
    {
        List<SegmentPart> parts = [];
        try
        {
            foreach (Segment segment in segments.OrderBy(segment => segment.Id))
            {
                if (SegmentPart.TryTake(segment, epoch) is { } part)
                {
                    parts.Add(part);
                }
            }

            return new LogSnapshot(manifest, epoch, parts);
        }
        catch
        {
            parts.ForEach(part => part.Dispose());
            throw;
        }
    }

    public void Dispose()
    {
        foreach (SegmentPart part in Parts)
        {
            part.Dispose();
        }
    }
}
