namespace Kvs.Server.Sessions.Resp;

/// <summary>A transaction cannot be made; nothing of it was written.</summary>
internal sealed class TransactionException(string message) : KvsException(message);
