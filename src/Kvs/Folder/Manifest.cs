using System.Globalization;
using System.Text;
using Kvs.Files;
using Kvs.Log;

namespace Kvs.Folder;

/// <summary>
/// What recovery must know before it looks at the log. Written when a store is opened, when segments are sealed or
/// about to be removed, and when the store is closed; durable before what it says is relied upon.
/// </summary>
internal sealed record Manifest
{
    /// <summary>Counts the openings of the store. Segments that are not in <see cref="Sealed"/> belong to this one.
    /// </summary>
    internal required ulong Session { get; init; }

    /// <summary>The boot of the machine in which this session ran. In another boot, only what was synced counts.
    /// </summary>
    internal required string BootId { get; init; }

    /// <summary>Everything that is stamped up to this epoch is on disk.</summary>
    internal required ulong DurableEpoch { get; init; }

    /// <summary>All sequence numbers given in this session are higher.</summary>
    internal required ulong SequenceFloor { get; init; }

    /// <summary>All segments of this session have this number or a higher one.</summary>
    internal required ulong SegmentFloor { get; init; }

    /// <summary>Segments that are complete, on disk, and must be there.</summary>
    internal required IReadOnlyCollection<ulong> Sealed { get; init; }

    /// <summary>Segments of this session of which nothing is needed any more: their files may be there or not.
    /// </summary>
    internal IReadOnlyCollection<ulong> Dropped { get; init; } = [];

    internal void Write(IFileSystem files, string folder)
    {
        var text = new StringBuilder();
        void Line(string word, object value) =>
            text.Append(string.Create(CultureInfo.InvariantCulture, $"{word} {value}").TrimEnd()).Append('\n');

        Line("session", Session);
        Line("boot", BootId);
        Line("durable-epoch", DurableEpoch);
        Line("sequence", SequenceFloor);
        Line("segment", SegmentFloor);
        Line("sealed", FormatRanges(Sealed));
        Line("dropped", FormatRanges(Dropped));
        TextFile.Replace(files, folder, FolderNames.Manifest, text.ToString());
    }

    /// <summary>The manifest of a folder; null when there is none.</summary>
    /// <exception cref="KvsDamageException">It is not as it was written.</exception>
    internal static Manifest? TryRead(IFileSystem files, string folder)
    {
        string path = Path.Combine(folder, FolderNames.Manifest);
        if (files.GetKind(path) == PathKind.Missing)
        {
            return null;
        }

        List<(string Word, string Value)> lines = TextFile.Read(files, folder, FolderNames.Manifest);
        string Value(string word) => lines.Find(line => line.Word == word).Value ??
            throw new KvsDamageException(path, 0, $"there is no line '{word}'");
        ulong Number(string text) => ulong.TryParse(text, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw new KvsDamageException(path, 0, $"'{text}' is no number");
        IEnumerable<ulong> Range(string text)
        {
            string[] ends = text.Split('-');
            ulong first = Number(ends[0]);
            ulong last = Number(ends[^1]);
            if (last < first || last - first >= SegmentTable.MaxSegments)
            {
                throw new KvsDamageException(path, 0, $"'{text}' is no range of segments");
            }

            for (ulong offset = 0; offset <= last - first; offset++)
            {
                yield return first + offset;
            }
        }

        ulong[] Numbers(string word) =>
            [.. Value(word).Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(Range)];

        return new Manifest
        {
            Session = Number(Value("session")),
            BootId = Value("boot"),
            DurableEpoch = Number(Value("durable-epoch")),
            SequenceFloor = Number(Value("sequence")),
            SegmentFloor = Number(Value("segment")),
            Sealed = Numbers("sealed"),
            Dropped = Numbers("dropped"),
        };
    }

    /// <summary>Numbers in ascending order; those that follow one another as "first-last".</summary>
    private static string FormatRanges(IEnumerable<ulong> numbers)
    {
        var ranges = new List<(ulong First, ulong Last)>();
        foreach (ulong number in numbers.Order())
        {
            if (ranges.Count > 0 && ranges[^1].Last + 1 == number)
            {
                ranges[^1] = (ranges[^1].First, number);
            }
            else
            {
                ranges.Add((number, number));
            }
        }

        return string.Join(' ', ranges.Select(range => range.First == range.Last
            ? range.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}")));
    }
}
