using System.Net;

namespace Kvs.Bench.Verify;

/// <summary>What <c>kvs-bench verify</c> was asked to do.</summary>
internal sealed record VerifySettings(IPEndPoint Address, int Clients, int Keys, TimeSpan Duration, int Seed);
