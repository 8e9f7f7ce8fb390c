"""The program behind `language_model`: llama.cpp's server, through xllamacpp, with one model of this machine."""

import argparse
import threading

import xllamacpp


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="path of the GGUF file")
    parser.add_argument("--name", required=True, help="what the server calls the model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True, help="requests answered at a time")
    parser.add_argument("--context", type=int, required=True, help="tokens a slot can hold")
    parser.add_argument("--threads", type=int, required=True)
    asked = parser.parse_args()

    params = xllamacpp.CommonParams()
    params.model.path = asked.model
    params.model_alias = {asked.name}  # else answers name the path of the file
    params.hostnames = ["127.0.0.1"]
    params.port = asked.port
    params.n_parallel = asked.slots
    params.n_ctx = asked.slots * asked.context
    params.cpuparams.n_threads = asked.threads
    params.cpuparams_batch.n_threads = asked.threads
    params.fit_params = False  # keep the context that was asked for
    params.endpoint_metrics = True
    params.endpoint_slots = True
    params.offline = True  # never fetch a model
    params.ui = False
    server = xllamacpp.Server(params)
    print(f"Serving {asked.name} at {server.listening_address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
