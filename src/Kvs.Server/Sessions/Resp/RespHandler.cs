using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp;

/// <summary>Executes a command that has as many arguments as it must, and writes its reply. Nothing is written before
/// the engine has done all that the command asks for: what the engine throws is a reply as well.</summary>
internal delegate void RespHandler(RespSession session, scoped in RespRequest request);
