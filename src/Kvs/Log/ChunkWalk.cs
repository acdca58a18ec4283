namespace Kvs.Log;

/// <summary>A chunk as a walk found it.</summary>
internal sealed class ChunkWalk(Segment segment, uint offset, uint length, ChunkHeader? header)
{
    internal Segment Segment { get; } = segment;

    internal uint Offset { get; } = offset;

    internal uint Length { get; } = length;

    /// <summary>Null where a writer cut the chunk and died before it wrote the header: nothing is in it.</summary>
    internal ChunkHeader? Header { get; } = header;

    internal LogPlace Place => new(Segment.Id, Offset);

    internal uint End => Offset + Length;

    /// <summary>Where the frames that were found sound, one behind the other, end.</summary>
    internal uint SoundEnd { get; set; } = offset + Frame.ChunkHeaderBytes;

    /// <summary>What ended them, if it is not the end of the chain or of the chunk.</summary>
    internal LogBreak? Break { get; set; }

    /// <summary>The highest epoch of the frames up to <see cref="SoundEnd"/>.</summary>
    internal ulong HighestEpoch { get; set; }

    /// <summary>The commit records among them.</summary>
    internal List<CommitRecord> Commits { get; } = [];

    /// <summary>Where holes begin among them.</summary>
    internal List<uint> Holes { get; } = [];

    /// <summary>Where recovery decided that what is kept ends.</summary>
    internal uint KeptEnd { get; set; } = offset + Frame.ChunkHeaderBytes;
}
