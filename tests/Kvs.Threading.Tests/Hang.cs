namespace Kvs.Threading.Tests;

/// <summary>Turns a hang into a failure. The time is no measure of anything.</summary>
internal static class Hang
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static void Fails(CountdownEvent done) => Assert.True(done.Wait(s_limit), $"{done.CurrentCount} missing");

    public static void Fails(ManualResetEventSlim done) => Assert.True(done.Wait(s_limit), "hangs");

    public static void Fails(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action)) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(s_limit), "hangs");
        if (failure is not null)
        {
            throw new InvalidOperationException("It failed in the thread that watched for a hang.", failure);
        }
    }
}
