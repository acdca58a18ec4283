using System.Globalization;

namespace Kvs.Folder;

/// <summary>The names of the files in a store's folder; nothing else knows them.</summary>
internal static class FolderNames
{
    /// <summary>Says which engine made the folder, and what makes the store's bytes its own.</summary>
    internal const string Marker = "engine";

    /// <summary>Says which segments there are, and in which boot of the machine they were last written.</summary>
    internal const string Manifest = "manifest";

    /// <summary>Locked while the store is open; always empty, never removed.</summary>
    internal const string Lock = "lock";

    /// <summary>Ends the name of a file that is not complete yet; such files mean nothing and may be removed.</summary>
    internal const string UnfinishedSuffix = ".new";

    private const string SegmentPrefix = "segment-";
    private const int SegmentDigits = 16;

    internal static string Segment(ulong id) =>
        SegmentPrefix + id.ToString("x" + SegmentDigits, CultureInfo.InvariantCulture);

    internal static bool TryParseSegment(string name, out ulong id)
    {
        id = 0;
        return name.Length == SegmentPrefix.Length + SegmentDigits &&
               name.StartsWith(SegmentPrefix, StringComparison.Ordinal) &&
               ulong.TryParse(name.AsSpan(SegmentPrefix.Length), NumberStyles.AllowHexSpecifier,
                   CultureInfo.InvariantCulture, out id) &&
               name == Segment(id);
    }

    /// <summary>Whether this is a file of ours that was never finished; the number of the segment that it was to
    /// become, or 0.</summary>
    internal static bool IsUnfinished(string name, out ulong segment)
    {
        segment = 0;
        if (!name.EndsWith(UnfinishedSuffix, StringComparison.Ordinal))
        {
            return false;
        }

        string finished = name[..^UnfinishedSuffix.Length];
        return finished is Marker or Manifest || TryParseSegment(finished, out segment);
    }
}
