using System.Buffers;
using Kvs.Server.Connections;

namespace Kvs.Server.Sessions;

/// <summary>
/// One connection's side of a protocol: takes requests off its input, executes them in order and writes their replies.
/// Knows nothing of sockets, time or threads; called by one thread at a time.
/// </summary>
internal interface ISession : IDisposable
{
    /// <summary>Whether the client has introduced itself, where the protocol asks for it.</summary>
    bool IsOpen { get; }

    /// <summary>Bytes of an unfinished request that have been taken off the input.</summary>
    long UnfinishedBytes { get; }

    /// <summary>Requests executed so far.</summary>
    long Executed { get; }

    /// <summary>Executes complete requests from the front of <paramref name="input"/>, which then begins behind what
    /// was consumed.</summary>
    SessionOutcome Process(ref ReadOnlySequence<byte> input, ReplyBuffer output);

    /// <summary>Writes an answer in place of one that was held back (<see cref="ReplyBuffer.BeginHeld"/>): the write
    /// was made, and the sync which was to make it durable has failed.</summary>
    /// <param name="tag">What the session named when it began the answer.</param>
    /// <param name="held">The answer that was held back.</param>
    /// <param name="error">What the sync came to.</param>
    /// <param name="output">Where the other answer goes.</param>
    void WriteNotDurable(uint tag, ReadOnlySpan<byte> held, KvsWriteException error, ReplyBuffer output);

    /// <summary>Writes the server's last words, after which it executes nothing more.</summary>
    void WriteFarewell(Farewell farewell, ReplyBuffer output);
}
