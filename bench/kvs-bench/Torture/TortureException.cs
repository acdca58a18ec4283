namespace Kvs.Bench.Torture;

/// <summary>A store broke a promise. The message says which key, and what should have been there.</summary>
internal sealed class TortureException(string message) : Exception(message);
