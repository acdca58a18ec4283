using System.Net;

namespace Kvs.Client.Multiplexing;

/// <summary>
/// Hands calls to the link to the server, in the order in which they were made. Where there is none, or as much is in
/// flight as may be, they wait here.
/// </summary>
/// <remarks>
/// <para>Any thread may call any member. <see cref="Gate"/> guards all fields, and those of the link that calls are
/// handed to; no code of a caller runs inside, and nothing is sent.</para>
/// <para>1. A call is handed on only when none waits that was made before it.</para>
/// <para>2. What is in flight is counted from the moment when it is handed on to the moment when it is answered or
/// failed.</para>
/// </remarks>
internal sealed class Dispatcher(EndPoint endPoint, int maxCalls, long maxBytes)
{
    private readonly Queue<Waiting> _waiting = [];
    private Link? _link;
    private KvsException? _refusal;
    private bool _isClosed;
    private int _calls;
    private long _bytes;

    /// <summary>Taken last: nothing else is taken inside.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Takes a call on. It is completed sooner or later, whatever happens.</summary>
    internal void Add(in Waiting call)
    {
        Link? link;
        var start = SendStart.None;
        KvsException? refusal;
        lock (Gate)
        {
            refusal = _refusal;
            link = _link;
            if (refusal is null)
            {
                if (_waiting.Count > 0 || !TryPass(call))
                {
                    _waiting.Enqueue(call);
                }

                start = link?.ClaimSending() ?? SendStart.None;
            }
        }

        if (refusal is not null)
        {
            call.Fail(Refused(refusal));
        }

        link?.StartSending(start);
    }

    /// <summary>Why the server would not take a request of such a length, as far as is known: it says so when it is
    /// connected to, and there is a link.</summary>
    internal KvsLimitException? WhyNot(long bodyBytes)
    {
        lock (Gate)
        {
            return _link is { HasEnded: false } link ? link.WhyNot(bodyBytes) : null;
        }
    }

    /// <summary>Calls are answered or failed, and those that wait may have room.</summary>
    internal void Leave(int calls, long bytes)
    {
        Link? link;
        SendStart start;
        lock (Gate)
        {
            _calls -= calls;
            _bytes -= bytes;
            link = _link;
            start = PassWaiting();
        }

        link?.StartSending(start);
    }

    /// <summary>There is a link, until it ends; false where none is wanted any more.</summary>
    internal bool TryConnect(Link link)
    {
        SendStart start;
        lock (Gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _link = link;
            _refusal = null;
            start = PassWaiting();
        }

        link.StartSending(start);
        return true;
    }

    /// <summary>Calls fail until there is a link, those that wait included.</summary>
    internal void Refuse(KvsException why)
    {
        Waiting[] waiting;
        lock (Gate)
        {
            _refusal ??= why;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (Waiting call in waiting)
        {
            call.Fail(Refused(why));
        }
    }

    /// <summary>Calls fail from now on, and there will be no other link. Returns the last one.</summary>
    internal Link? Close(KvsException why)
    {
        Link? link;
        lock (Gate)
        {
            _isClosed = true;
            _refusal = why;
            link = _link;
        }

        Refuse(why);
        return link;
    }

    /// <summary>Under <see cref="Gate"/>.</summary>
    private SendStart PassWaiting()
    {
        while (_waiting.TryPeek(out Waiting next) && TryPass(next))
        {
            _ = _waiting.Dequeue();
        }

        return _link?.ClaimSending() ?? SendStart.None;
    }

    /// <summary>Hands a call on, or lets go of one that is not to be made; false where it has to wait.</summary>
    private bool TryPass(in Waiting call)
    {
        if (call.IsDone)
        {
            call.Forget();
            return true;
        }

        if (_link is not { HasEnded: false } link || !HasRoom(call.Bytes))
        {
            return false;
        }

        if (link.WhyNot(call) is { } error)
        {
            call.Fail(error);
            return true;
        }

        link.Enqueue(call);
        _calls++;
        _bytes += call.Bytes;
        return true;
    }

    /// <summary>One call finds room whatever its length: alone.</summary>
    private bool HasRoom(long bytes) => _calls < maxCalls && (_calls == 0 || _bytes + bytes <= maxBytes);

    private KvsConnectionException Refused(KvsException why) =>
        new(endPoint, why.Message, outcomeUnknown: false, why);
}
