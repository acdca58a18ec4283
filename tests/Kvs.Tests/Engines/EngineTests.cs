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
        Engine = UnderTest.Open(_limits);
    }

    protected T UnderTest { get; private set; } = new();

    protected IKvsEngine Engine { get; private set; }

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
        Engine = UnderTest.Open(limits);
    }

    /// <summary>Makes the check, and where the engine keeps its data, makes it again on the reopened store.</summary>
    protected void CheckNowAndAfterReopening(Action check)
    {
        check();
        if (UnderTest.CanReopen)
        {
            Engine.Dispose();
            Engine = UnderTest.Reopen(_limits);
            check();
        }
    }

    protected Random NewRandom() => new(TestSeed.Choose(_output.WriteLine));

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static byte[] Key(int number) => Bytes($"key-{number}");
}
