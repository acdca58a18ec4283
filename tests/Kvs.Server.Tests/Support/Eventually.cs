namespace Kvs.Server.Tests.Support;

/// <summary>Waits for what another thread will do. The limit turns a hang into a failure and measures nothing.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    internal static async Task TrueAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, "hangs");
            await Task.Delay(10);
        }
    }
}
