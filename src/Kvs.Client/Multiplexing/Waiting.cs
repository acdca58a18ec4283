namespace Kvs.Client.Multiplexing;

/// <summary>A call that has no place in flight yet: one about a key, or one that has a frame to itself.</summary>
internal readonly record struct Waiting(CallRequest Request, PendingCall? Call, OwnFrame? Frame)
{
    /// <summary>What it counts for the bytes in flight.</summary>
    internal long Bytes => Frame?.Bytes ?? Request.Bytes;

    /// <summary>Whether nobody waits for it any more.</summary>
    internal bool IsDone => Frame?.IsDone ?? Call!.IsDone;

    /// <summary>Lets go of a call for which nobody waits.</summary>
    internal void Forget() => Call?.Forget();

    /// <summary>It will have no answer, and has not been made.</summary>
    internal void Fail(Exception error)
    {
        Frame?.Fail(_ => error);
        Call?.Fail(error);
    }
}
