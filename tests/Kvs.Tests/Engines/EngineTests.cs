using System.Text;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>What all tests of engines share: a store for each test, and looking at it again after reopening.</summary>
/// <typeparam name="T">The engine.</typeparam>
public abstract class EngineTests<T> : IDisposable where T : EngineUnderTest, new()
{
    private readonly ITestOutputHelper _output;
    private Limits _limits = Limits.Default;

    protected EngineTests(ITestOutputHelper output)
    {
        _output = output;
        Engine = UnderTest.Open(_limits, Clock);
    }

    protected T UnderTest { get; private set; } = new();

    protected IKvsEngine Engine { get; private set; }

    /// <summary>The engine's clock: it stands still until a test moves it.</summary>
    protected HandDrivenClock Clock { get; } = new();

    public void Dispose()
    {
        Engine.Dispose();
        UnderTest.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Goes on with another, empty store, whose limits are these.</summary>
    protected void UseLimits(Limits limits)
    {
        Dispose();
        UnderTest = new T();
        _limits = limits;
        Engine = UnderTest.Open(limits, Clock);
    }

    /// <summary>Makes the check, and where the engine keeps its data, makes it again on the reopened store.</summary>
    protected void CheckNowAndAfterReopening(Action check)
    {
        check();
        if (UnderTest.CanReopen)
        {
            Engine.Dispose();
            Reopen();
            check();
        }
    }

    /// <summary>Opens the store again, after it was disposed.</summary>
    protected void Reopen() => Engine = UnderTest.Reopen(_limits, Clock);

    /// <summary>The string under a key; null when it is not there.</summary>
    protected string? Read(string key) => Engine.GetString(key);

    /// <summary>A key's version; 0 when it is not there.</summary>
    protected ulong VersionOf(string key)
    {
        Engine.TryRead(Bytes(key), [], out ValueInfo info);
        return info.Version;
    }

    protected Random NewRandom() => new(TestSeed.Choose(_output.WriteLine));

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static byte[] Key(int number) => Bytes($"key-{number}");
}
