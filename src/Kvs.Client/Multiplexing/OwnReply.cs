using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>The answer to a call that had a frame to itself.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Body">The body, where it is not a list of results.</param>
/// <param name="Results">The bodies that are lists of results, one after the other.</param>
internal sealed record OwnReply(ReplyStatus Status, byte[] Body, IReadOnlyList<byte[]> Results);
