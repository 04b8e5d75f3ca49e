"""
The one place that writes records, connections and their endings: one function for each thing that was observed.

    client   client.ClientWitness   dials, opened, gave_up, sends, got, closes, ended; its own wire: wire_…
    wire     server.Recorder        wire_got_message, wire_sent_message, wire_got_frame, wire_ended and the like
    handler  server.Recorder        app_received, app_sends, app_answers, app_told_of_end and the like
             hooks                  hook_began, hook_failed, hook_ended, add_output

Whoever observes something calls the function named after it; other modules only read records. What comes from somebody
else's code is made storable here, once; see `storable`. Message n of a direction is the same message for every witness:
each completes the record that the one before has put into the connection's queue. Numbers and weights are the ring's.
"""
