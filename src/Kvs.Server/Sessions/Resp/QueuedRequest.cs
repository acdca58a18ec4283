using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp;

/// <summary>A request that waits for EXEC: a copy of what was sent.</summary>
internal sealed class QueuedRequest
{
    private readonly byte[] _bytes;
    private readonly KeyRange[] _arguments;

    internal QueuedRequest(RespCommand command, scoped in RespRequest request)
    {
        Command = command;
        _arguments = new KeyRange[request.Count];
        int bytes = 0;
        for (int i = 0; i < _arguments.Length; i++)
        {
            _arguments[i] = new KeyRange(bytes, request.Arguments[i].Length);
            bytes += _arguments[i].Length;
        }

        _bytes = new byte[bytes];
        for (int i = 0; i < _arguments.Length; i++)
        {
            request[i].CopyTo(_bytes.AsSpan(_arguments[i].Start));
        }
    }

    internal RespCommand Command { get; }

    internal RespRequest Request => new(_bytes, _arguments);

    /// <summary>What it takes of memory, about.</summary>
    internal long Bytes => _bytes.Length + ((long)_arguments.Length * ArgumentBytes) + ObjectBytes;

    private const int ArgumentBytes = 8;
    private const int ObjectBytes = 96;
}
