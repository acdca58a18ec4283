namespace Kvs.Server.Tests.Transport;

/// <summary>The sockets of Linux.</summary>
public sealed class EpollTransportTests() : TransportContract(KvsTransport.Epoll);
