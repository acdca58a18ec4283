using System.Collections.Concurrent;

namespace Kvs.Testing;

/// <summary>Threads of their own for tests, which begin together and whose failures reach the test.</summary>
public static class ThreadGroup
{
    /// <summary>
    /// Runs <paramref name="body"/> on <paramref name="count"/> threads, all let go at the same moment, with numbers
    /// from 0, and returns when all have ended.
    /// </summary>
    /// <exception cref="AggregateException">Holds what the threads threw.</exception>
    public static void Run(int count, Action<int> body)
    {
        var failures = new ConcurrentQueue<Exception>();
        using var start = new ManualResetEventSlim();
        var threads = new List<Thread>();
        try
        {
            for (int i = 0; i < count; i++)
            {
                int number = i;
                var thread = new Thread(() => RunOne(number)) { IsBackground = true };
                thread.Start();
                threads.Add(thread);
            }
        }
        finally
        {
            // Also where the machine gives no more threads: those that wait would wait for ever.
            start.Set();
            threads.ForEach(thread => thread.Join());
        }

        if (!failures.IsEmpty)
        {
            throw new AggregateException(failures);
        }

        void RunOne(int number)
        {
            start.Wait();
            try
            {
                body(number);
            }
            catch (Exception failure)
            {
                failures.Enqueue(failure);
            }
        }
    }

    /// <summary>
    /// Runs <paramref name="main"/> on one thread, and <paramref name="others"/> on <paramref name="count"/> more,
    /// again and again until the first has ended, however it ended. Numbers and rounds begin at 0.
    /// </summary>
    /// <exception cref="AggregateException">Holds what the threads threw; a thread that threw has ended.</exception>
    public static void RunBeside(Action main, int count, Action<int, int> others)
    {
        bool isDone = false;
        Run(count + 1, thread =>
        {
            if (thread < count)
            {
                for (int round = 0; !Volatile.Read(ref isDone); round++)
                {
                    others(thread, round);
                }

                return;
            }

            try
            {
                main();
            }
            finally
            {
                // A failure that left the others running would be a test that never ends.
                Volatile.Write(ref isDone, true);
            }
        });
    }
}
