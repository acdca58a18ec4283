namespace Kvs.Tests;

/// <summary>How the contract's tests make an engine. One instance, and one store, for each test.</summary>
public abstract class EngineUnderTest : IDisposable
{
    /// <summary>Whether what is stored outlives the object: the tests then look at everything a second time.</summary>
    public virtual bool CanReopen => false;

    /// <summary>Opens a new, empty store. Called once.</summary>
    public abstract IKvsEngine Open(Limits limits, TimeProvider clock);

    /// <summary>Opens the same store again, after the object before was disposed.</summary>
    public virtual IKvsEngine Reopen(Limits limits, TimeProvider clock) =>
        throw new NotSupportedException("This engine keeps nothing.");

    /// <summary>Called after 1,000 keys of <paramref name="valueBytes"/> bytes were overwritten, each
    /// <paramref name="times"/> times: checks that the store on disk has not grown with each.</summary>
    public virtual void CheckSpaceAfterOverwriting(int valueBytes, int times)
    {
    }

    /// <summary>Removes what the store left.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}
