using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>Calls that were made at about the same time, as one batch.</summary>
internal sealed class GatheredFrame : Outgoing
{
    /// <summary>A frame of so many bytes takes no more calls: as much as one send takes at its best speed.</summary>
    private const int FullBytes = 64 * 1024;

    private readonly BatchRequest _batch = new();
    private readonly List<PendingCall> _calls = [];
    private int _answered;

    internal override int Calls => _calls.Count;

    /// <summary>Whether a call may join those that are there.</summary>
    /// <param name="request">What it asks for.</param>
    /// <param name="maxBodyBytes">What the server takes of a frame's body.</param>
    internal bool HasRoom(in CallRequest request, long maxBodyBytes) =>
        _batch.BodyBytes < FullBytes && _batch.BodyBytes + request.Bytes <= maxBodyBytes;

    /// <summary>Whether it is worth being kept for the next calls: not with the memory of a long value.</summary>
    internal bool IsSmall => _batch.BodyBytes <= 2 * FullBytes;

    internal void Add(in CallRequest request, PendingCall call)
    {
        request.AddTo(_batch);
        _calls.Add(call);
        Bytes += request.Bytes;
    }

    internal override ReadOnlyMemory<byte> ToFrame(uint id) => _batch.ToFrame(id);

    internal override bool TryTake(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        var flags = (ReplyFlags)header.Flags;
        if (!flags.HasFlag(ReplyFlags.Results))
        {
            return TryTakeError((ReplyStatus)header.Code, body);
        }

        while (BatchResult.TryRead(ref body, out BatchResult result))
        {
            if (_answered == _calls.Count)
            {
                return false;
            }

            _calls[_answered++].Complete(result.Status, result.Value);
        }

        return body.IsEmpty && (flags.HasFlag(ReplyFlags.More) || _answered == _calls.Count);
    }

    internal override void Fail(Func<bool, Exception> error)
    {
        while (_answered < _calls.Count)
        {
            PendingCall call = _calls[_answered++];
            call.Fail(error(call.IsWrite));
        }
    }

    /// <summary>Makes it empty, for other calls.</summary>
    internal void Clear()
    {
        _batch.Clear();
        _calls.Clear();
        _answered = 0;
        BeginAgain();
    }

    /// <summary>The server has refused the batch, or what is left of it.</summary>
    private bool TryTakeError(ReplyStatus status, ReadOnlySpan<byte> message)
    {
        if (!BinaryProtocol.IsError(status))
        {
            return false;
        }

        string text = ReplyReader.ReadMessage(message);
        Fail(_ => new KvsServerException(status, text));
        return true;
    }
}
