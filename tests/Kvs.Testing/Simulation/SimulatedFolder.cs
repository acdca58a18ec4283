namespace Kvs.Testing;

/// <summary>A folder's entries as processes see them, as they are on disk, and the changes between the two in their
/// order. Every member is called with the file system's gate held.</summary>
internal sealed class SimulatedFolder
{
    internal SortedDictionary<string, SimulatedInode> Entries { get; private init; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, SimulatedInode> Durable { get; private init; } = new(StringComparer.Ordinal);

    internal List<(FolderChange Change, SimulatedInode Inode)> Pending { get; private init; } = [];

    internal IEnumerable<SimulatedInode> Inodes =>
        Entries.Values.Concat(Durable.Values).Concat(Pending.Select(pending => pending.Inode));

    internal void Change(FolderChange change, SimulatedInode inode)
    {
        Apply(Entries, change, inode);
        Pending.Add((change, inode));
        inode.Path = change.To ?? change.Path;
    }

    internal void Sync()
    {
        Durable.Clear();
        foreach ((string name, SimulatedInode inode) in Entries)
        {
            Durable.Add(name, inode);
        }

        Pending.Clear();
    }

    /// <summary>Puts a file there as if it had always been, in memory and on disk.</summary>
    internal void Put(string path, SimulatedInode inode)
    {
        Entries[Path.GetFileName(path)] = inode;
        Durable[Path.GetFileName(path)] = inode;
        Pending.RemoveAll(pending => pending.Change.Path == path || pending.Change.To == path);
    }

    /// <summary>The folder after the death of the process.</summary>
    internal SimulatedFolder Copy(Func<SimulatedInode, SimulatedInode> copyInode)
    {
        var copy = new SimulatedFolder();
        CopyEntries(Entries, copy.Entries, copyInode);
        CopyEntries(Durable, copy.Durable, copyInode);
        copy.Pending.AddRange(Pending.Select(pending => (pending.Change, copyInode(pending.Inode))));
        return copy;
    }

    /// <summary>The folder after a power cut.</summary>
    internal SimulatedFolder CopyAfter(PowerCut cut, Func<SimulatedInode, SimulatedInode> copyInode)
    {
        var left = new SortedDictionary<string, SimulatedInode>(Durable, StringComparer.Ordinal);
        foreach ((FolderChange change, SimulatedInode inode) in Pending)
        {
            if (cut.KeepsFolderChange(change))
            {
                Apply(left, change, inode);
            }
        }

        var copy = new SimulatedFolder();
        CopyEntries(left, copy.Entries, copyInode);
        copy.Sync();
        return copy;
    }

    private static void CopyEntries(
        SortedDictionary<string, SimulatedInode> from,
        SortedDictionary<string, SimulatedInode> to,
        Func<SimulatedInode, SimulatedInode> copyInode)
    {
        foreach ((string name, SimulatedInode inode) in from)
        {
            to.Add(name, copyInode(inode));
        }
    }

    /// <summary>Makes a change to entries that may lack changes made before it.</summary>
    private static void Apply(
        SortedDictionary<string, SimulatedInode> entries, FolderChange change, SimulatedInode inode)
    {
        string name = Path.GetFileName(change.Path);
        switch (change.Kind)
        {
            case FileOperation.Create:
                entries[name] = inode;
                break;

            case FileOperation.Rename:
                // A file has one name: where an earlier rename is missing, this one takes the file from the name
                // before that.
                List<string> names = [.. entries.Where(entry => entry.Value == inode).Select(entry => entry.Key)];
                names.ForEach(former => entries.Remove(former));
                entries[Path.GetFileName(change.To!)] = inode;
                break;

            case FileOperation.Unlink:
                if (entries.TryGetValue(name, out SimulatedInode? present) && present == inode)
                {
                    entries.Remove(name);
                }

                break;

            default:
                throw new ArgumentException($"{change.Kind} changes no folder.", nameof(change));
        }
    }
}
