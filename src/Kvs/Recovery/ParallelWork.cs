using System.Runtime.ExceptionServices;

namespace Kvs.Recovery;

/// <summary>Does the same with many things on all processors. The calling thread is one of those that work.</summary>
internal static class ParallelWork
{
    /// <summary>Does something with each number from 0 on. An error ends it, and is thrown as it is: of several, that
    /// of the lowest number that was seen.</summary>
    /// <param name="count">How many numbers.</param>
    /// <param name="usesThreads">False to do it on the calling thread alone, where there is little to do.</param>
    /// <param name="work">What to do with each.</param>
    internal static void ForEach(int count, bool usesThreads, Action<int> work) =>
        ForEach(count, usesThreads, static () => NoState.Instance, (_, number) => work(number));

    /// <summary>The same, with something that each thread makes for itself.</summary>
    internal static void ForEach<TState>(int count, bool usesThreads, Func<TState> makeState,
        Action<TState, int> work)
        where TState : IDisposable
    {
        if (!usesThreads || count < 2)
        {
            using TState only = makeState();
            for (int number = 0; number < count; number++)
            {
                work(only, number);
            }

            return;
        }

        var gate = new Lock();
        (int Number, Exception Error)? first = null;
        _ = Parallel.For(0, count, makeState,
            (number, loop, state) =>
            {
                try
                {
                    work(state, number);
                }
                catch (Exception e)
                {
                    loop.Stop();
                    lock (gate)
                    {
                        first = first is null || number < first.Value.Number ? (number, e) : first;
                    }
                }

                return state;
            },
            static state => state.Dispose());
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first.Value.Error);
        }
    }

    private sealed class NoState : IDisposable
    {
        internal static readonly NoState Instance = new();

        public void Dispose()
        {
        }
    }
}
