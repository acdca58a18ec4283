namespace Kvs.Testing;

/// <summary>
/// Decides what of everything that was written and not synced is on disk after a power cut. The disk may have
/// written any of it, in any order. Each answer depends on nothing but the question, so that a cut can be repeated.
/// </summary>
public abstract class PowerCut
{
    /// <summary>Only what was synced is there.</summary>
    public static PowerCut DropUnsynced { get; } = new Uniform(keeps: false);

    /// <summary>Everything is there, as if the disk had been faster than the power cut.</summary>
    public static PowerCut KeepEverything { get; } = new Uniform(keeps: true);

    /// <summary>Everything is there but one page.</summary>
    public static PowerCut KeepAllBut(DirtyPage page) => new OnePage(page, keepsPage: false);

    /// <summary>Nothing that was not synced is there but one page, and lengths and folder entries.</summary>
    public static PowerCut KeepOnly(DirtyPage page) => new OnePage(page, keepsPage: true);

    /// <summary>Just these changes are there.</summary>
    public static PowerCut KeepJust(IEnumerable<UnsyncedChange> changes) => new Listed([.. changes]);

    /// <summary>Each sector, length and folder change is there or not, as the seed decides: with some seeds nearly
    /// all, with others hardly any.</summary>
    public static PowerCut Random(int seed) => new Seeded(seed);

    /// <summary>Whether a sector of 512 bytes that differs from the one on disk reached it.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="sector">The sector's number in the file, from 0.</param>
    protected internal abstract bool KeepsSector(string path, long sector);

    /// <summary>Whether the change of a file's length reached the disk. A part of the file that is new, and whose
    /// sectors did not, is zero.</summary>
    protected internal abstract bool KeepsLength(string path);

    /// <summary>Whether a change to a folder reached the disk.</summary>
    protected internal abstract bool KeepsFolderChange(FolderChange change);

    private sealed class Uniform(bool keeps) : PowerCut
    {
        protected internal override bool KeepsSector(string path, long sector) => keeps;

        protected internal override bool KeepsLength(string path) => keeps;

        protected internal override bool KeepsFolderChange(FolderChange change) => keeps;
    }

    private sealed class OnePage(DirtyPage page, bool keepsPage) : PowerCut
    {
        protected internal override bool KeepsSector(string path, long sector) =>
            page.Contains(path, sector) == keepsPage;

        protected internal override bool KeepsLength(string path) => true;

        protected internal override bool KeepsFolderChange(FolderChange change) => true;
    }

    private sealed class Listed(HashSet<UnsyncedChange> kept) : PowerCut
    {
        protected internal override bool KeepsSector(string path, long sector) =>
            kept.Contains(new UnsyncedChange(UnsyncedKind.Sector, path, sector));

        protected internal override bool KeepsLength(string path) =>
            kept.Contains(new UnsyncedChange(UnsyncedKind.Length, path, 0));

        protected internal override bool KeepsFolderChange(FolderChange change) =>
            kept.Contains(new UnsyncedChange(UnsyncedKind.Entry, change.Path, change.Number));
    }

    private sealed class Seeded(int seed) : PowerCut
    {
        private const int Eighths = 8;

        protected internal override bool KeepsSector(string path, long sector) => Decide(path, "sector", sector);

        protected internal override bool KeepsLength(string path) => Decide(path, "length", 0);

        protected internal override bool KeepsFolderChange(FolderChange change) =>
            Decide(change.Path, "entry", change.Number);

        private bool Decide(string path, string what, long number)
        {
            // Some files may be written through where others are not at all: that, too, is one of the cases.
            ulong eighthsOfFile = Mix(path, "share", 0) % (Eighths + 1);
            return Mix(path, what, number) % Eighths < eighthsOfFile;
        }

        /// <summary>The same numbers in every process, unlike <see cref="HashCode"/>.</summary>
        private ulong Mix(string path, string what, long number)
        {
            ulong state = (ulong)(uint)seed + 1;
            foreach (char character in path)
            {
                state = Step(state, character);
            }

            foreach (char character in what)
            {
                state = Step(state, character);
            }

            return Step(state, (ulong)number);
        }

        private static ulong Step(ulong state, ulong input)
        {
            ulong high = Math.BigMul(state ^ input ^ 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, out ulong low);
            return high ^ low;
        }
    }
}
