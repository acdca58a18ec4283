namespace Kvs.Client.Multiplexing;

/// <summary>Who begins to send what was just added to a link.</summary>
internal enum SendStart
{
    /// <summary>Nobody: there is nothing to send, or somebody does already.</summary>
    None,

    /// <summary>Whoever added it: nobody else has anything in flight to gather with, and a change of threads would be
    /// the longest part of the way.</summary>
    Here,

    /// <summary>A job of the pool: behind the callers that are about to run, who may have something to add.</summary>
    Pool,
}
