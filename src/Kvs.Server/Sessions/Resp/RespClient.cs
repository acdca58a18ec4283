using System.Net;

namespace Kvs.Server.Sessions.Resp;

/// <summary>What CLIENT LIST says of a client.</summary>
/// <remarks>Its session writes; any thread may read, each word for itself.</remarks>
internal sealed class RespClient(long id, EndPoint? endPoint)
{
    private readonly long _connectedAtMs = Environment.TickCount64;
    private long _activeAtMs = Environment.TickCount64;

    internal long Id { get; } = id;

    internal EndPoint? EndPoint { get; } = endPoint;

    /// <summary>The name that it has given itself; empty for none.</summary>
    internal byte[] Name { get; set; } = [];

    internal byte[] LibraryName { get; set; } = [];

    internal byte[] LibraryVersion { get; set; } = [];

    internal RespCommand? LastCommand { get; set; }

    internal long AgeSeconds => (Environment.TickCount64 - _connectedAtMs) / 1000;

    internal long IdleSeconds => (Environment.TickCount64 - Volatile.Read(ref _activeAtMs)) / 1000;

    internal void NoteActivity() => Volatile.Write(ref _activeAtMs, Environment.TickCount64);
}
