namespace Kvs.Server.Transport.Epoll;

/// <summary>What epoll says of a socket, and is asked for.</summary>
[Flags]
internal enum Readiness : uint
{
    None = 0,

    /// <summary>Bytes have come.</summary>
    Input = 0x1,

    /// <summary>There is room for bytes again.</summary>
    Output = 0x4,

    /// <summary>There is a byte out of band, before which a read stops short; none is ever asked for.</summary>
    Urgent = 0x2,

    Error = 0x8,

    HangUp = 0x10,

    /// <summary>The client sends no more.</summary>
    InputEnded = 0x2000,

    /// <summary>Each change is told once, and nothing has to be asked for again.</summary>
    EdgeTriggered = 1u << 31,

    Everything = Input | Output | Urgent | InputEnded | EdgeTriggered,

    ConcernsInput = Input | Urgent | InputEnded | HangUp | Error,

    ConcernsOutput = Output | HangUp | Error,

    /// <summary>A read that got less than it asked for is not the last that gets something.</summary>
    ReadsStopShort = Urgent | InputEnded | HangUp | Error,
}
