namespace Kvs.Log;

/// <summary>The chunks of a segment as a walk found them, and what stands behind the last.</summary>
/// <param name="Chunks">All chunks, in their order.</param>
/// <param name="End">Where the last one ends.</param>
/// <param name="UsedEnd">Where that ends which somebody began to write behind them: a chunk of which nothing but the
/// length is there, a footer, a seal. Behind it is nothing.</param>
/// <param name="Seal">The seal, if there is one behind them.</param>
/// <param name="Break">What ends the chain, if it is none of these, nor nothing.</param>
internal sealed record SegmentChain(List<ChunkWalk> Chunks, uint End, uint UsedEnd, Seal? Seal, LogBreak? Break);
