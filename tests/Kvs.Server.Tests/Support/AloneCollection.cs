namespace Kvs.Server.Tests.Support;

/// <summary>Tests that measure the whole process: no others run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    internal const string Name = "alone";
}
