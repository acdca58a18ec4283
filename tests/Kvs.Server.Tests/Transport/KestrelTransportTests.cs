namespace Kvs.Server.Tests.Transport;

/// <summary>The sockets of ASP.NET Core.</summary>
public sealed class KestrelTransportTests() : TransportContract(KvsTransport.Kestrel);
