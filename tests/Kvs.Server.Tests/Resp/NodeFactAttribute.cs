namespace Kvs.Server.Tests.Resp;

/// <summary>A test that needs Node and its clients, and says so where they cannot be had.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = NodeClients.Missing;
}
