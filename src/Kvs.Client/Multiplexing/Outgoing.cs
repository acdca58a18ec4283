using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>A frame with the calls that it makes: to be sent, then to be answered.</summary>
/// <remarks>Belongs to whoever adds calls to it, then to who sends it, while it may be answered by who receives; it is
/// of no more use when both are done.</remarks>
internal abstract class Outgoing
{
    private int _holders = 2;

    /// <summary>The number that its replies carry; 0 before it is sent.</summary>
    internal uint Id { get; set; }

    /// <summary>Calls in the frame.</summary>
    internal abstract int Calls { get; }

    /// <summary>What they count for the bytes in flight.</summary>
    internal long Bytes { get; private protected set; }

    /// <summary>The frame as it is sent.</summary>
    internal abstract ReadOnlyMemory<byte> ToFrame(uint id);

    /// <summary>Takes a reply; false where it does not fit.</summary>
    internal abstract bool TryTake(in FrameHeader header, ReadOnlySpan<byte> body);

    /// <summary>Fails the calls that have not been answered.</summary>
    /// <param name="error">Makes the error of a call: one that writes, or one that does not.</param>
    internal abstract void Fail(Func<bool, Exception> error);

    /// <summary>One of the two is done with it; true for the second one.</summary>
    internal bool LetGo() => Interlocked.Decrement(ref _holders) == 0;

    private protected void BeginAgain()
    {
        _holders = 2;
        Id = 0;
        Bytes = 0;
    }
}
