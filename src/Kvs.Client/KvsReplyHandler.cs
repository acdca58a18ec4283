namespace Kvs.Client;

/// <summary>Takes the answers of a <see cref="KvsPipeline"/>, one by one and in order, on the thread that uses the
/// pipeline. It must not call the pipeline; an exception that leaves it closes the pipeline.</summary>
public delegate void KvsReplyHandler(in KvsReply reply);
