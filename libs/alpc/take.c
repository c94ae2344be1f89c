/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What a record that has come in a lane means here. The lane has bounded it; nothing in it is
 * believed beyond that:
 *
 *     connection   an entry of this port's table with that generation, which the lane's sender may
 * use; another generation is a record of a connection that has gone, and goes nowhere; another
 * sender's is a breach REQUEST      its id is in a lease of this lane and names no live message
 *     DATAGRAM     the same, but plain ones leave no trace (LANE_RELEASE); without LANE_RELEASE it
 * carries a view or handles and waits for a continuation like a request (reference 4.4, type 3 +
 * 2000) CONTINUATION its id names a message sent from here on that connection, with that
 * CallbackId; a reply to nothing outstanding breaks the lane; one to a message that was ended here
 * alone is ignored, RELEASE gives the id back CANCEL       the other end takes its message back; an
 * ACK is due once the program knows CANCELED     the other end refuses a message that was sent from
 * here ACK          the other end gives back an id that was ended here alone, or a datagram's
 * attachments. Unknown ids are ignored in these three: they may have crossed our reply lane 0 the
 * daemon's: connection request, connection reply, client died
 *
 * Records of a connection that has closed, older than the close: an empty LPC_CANCELED for each
 * message (reference 4.9), unless the close says PORT_CLOSE_NO_FLUSH. UNKNOWN: whether Windows does
 * so for a connection request; here it is dropped, since the server never knew of it. */

#include "alpc/node.h"
#include "alpc/take.h"
#include "lane/slot.h"

/* Crossing cancels and records of closed connections are fewer than any lane holds; a flood of
 * nothing would keep receivers from everything else. */
#define DROPS_MAX (1u << 20)

#define TAKING(what) ((struct taking){.action = TAKE_##what})

static bool is_leased(const struct port_lane *lane, uint32_t message_id)
{
    uint32_t n = atom_load(&lane->n_leases);

    for (uint32_t i = 0; i < n && i < PORT_LEASES_MAX; i++)
        if (message_id - atom_peek(&lane->leases[i].first_id) < atom_peek(&lane->leases[i].n_ids))
            return true;
    return false;
}

/* Has the requester seen the end of what a thread here is still answering? A slot tells; a reply by
 * record is over at any time after the claim, if `flags` let it be. */
static bool is_answered_locked(const struct port_view *view, const struct port_node *node,
                               bool by_record)
{
    const struct lane_view *lane_view = lane_mapped(view, node->lane, node->lane_generation);

    if (node->state != PORT_NODE_REPLYING)
        return false;
    return node->slot && lane_view ? slot_is_over(lane_view, node->slot - 1, node->slot_word)
                                   : by_record;
}

/* (F2) A replier publishes its answer first and ends the node later, which may be much later: its
 * requester may have used the id again. The node ends here then; the replier's end finds another
 * claim (continue.c). A canceled one that is being copied keeps its place until the copy's end, but
 * not the id; without a slot the id is the requester's only after our ACK. */
static bool give_id_up_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);
    bool is_last = node->reply_flags & (PORT_CONTINUE_RELEASE | PORT_CONTINUE_SYNC);

    if (MUTANT(no_early_end))
        return false;
    if (is_answered_locked(view, node, is_last)) {
        node_free_locked(view, ref);
        return true;
    }
    if (node->state != PORT_NODE_DELIVERING || !(node->flags & PORT_NODE_CANCELED) ||
        node->flags & PORT_NODE_ACK)
        return false;
    node_unhash_locked(view, ref);
    return true;
}

/* Is the id free for a new message? A message of a closed connection that still waits to be
 * received gives it up. */
static bool is_free_locked(struct port_view *view, uint32_t message_id)
{
    uint32_t node = node_find_locked(view, message_id);

    if (!node)
        return true;
    if (connection_open_locked(view, node_at(view, node)->connection,
                               node_at(view, node)->connection_generation))
        return give_id_up_locked(view, node);
    node_unhash_locked(view, node);
    return true;
}

static struct taking take_new(struct port_view *view, const struct candidate *candidate)
{
    const struct lane_message *message = &candidate->record.message;
    const struct port_lane *lane = &view->at.lanes[candidate->index];
    bool is_plain = message->kind == LANE_DATAGRAM && message->flags & LANE_RELEASE;
    struct taking taking = TAKING(MESSAGE);

    if (!is_leased(lane, message->message_id) || !is_free_locked(view, message->message_id))
        return TAKING(BREAK);
    taking.type = message->kind == LANE_DATAGRAM ? LPC_DATAGRAM : LPC_REQUEST;
    if (is_plain)
        taking.flags = PORT_NODE_RELEASED;
    else
        taking.type |= LPC_CONTINUATION;
    if (message->kind == LANE_DATAGRAM && !is_plain)
        taking.flags |= PORT_NODE_ATTACHED;
    return taking;
}

/* (F2) The continuation of what a thread here has just written and not ended yet. */
static void end_answered_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);
    bool is_last = node->reply_flags & (PORT_CONTINUE_RELEASE | PORT_CONTINUE_SYNC);

    if (MUTANT(no_early_end) || is_last || !is_answered_locked(view, node, true))
        return;
    node_clear_slot_locked(view, ref);
    node_move_locked(view, ref, PORT_NODE_SENT);
}

static struct taking take_continuation(struct port_view *view, const struct candidate *candidate)
{
    const struct lane_message *message = &candidate->record.message;
    struct taking taking = TAKING(MESSAGE);

    taking.node = node_find_locked(view, message->message_id);
    const struct port_node *node = node_at(view, taking.node);
    if (!node || node->connection != message->connection ||
        node->callback_id != message->callback_id)
        return TAKING(BREAK);
    end_answered_locked(view, taking.node);
    if (node->state == PORT_NODE_QUARANTINE) {
        if (message->flags & LANE_RELEASE)
            node_free_locked(view, taking.node);
        return TAKING(DROP);
    }
    if (node->state != PORT_NODE_SENT)
        return TAKING(BREAK);
    taking.type = message->flags & LANE_RELEASE ? LPC_REPLY : LPC_REQUEST | LPC_CONTINUATION;
    taking.flags = message->flags & LANE_RELEASE ? PORT_NODE_RELEASED : 0;
    return taking;
}

/* The other end takes back what is or was here. */
static void cancel_node_locked(struct port_view *view, uint32_t ref,
                               const struct candidate *candidate)
{
    struct port_node *node = node_at(view, ref);
    bool is_taken_back = candidate->record.message.kind == LANE_CANCEL;
    uint32_t ack = is_taken_back && !candidate->record.message.slot ? PORT_NODE_ACK : 0;

    switch ((enum port_node_state)node->state) {
    case PORT_NODE_MAIN:
    case PORT_NODE_LARGE:
    case PORT_NODE_PENDING:
    case PORT_NODE_SENT: /* refused; or taken back while a continuation of ours crossed */
        node->flags |= ack;
        node_cancel_locked(view, ref, candidate->stamp);
        break;
    case PORT_NODE_QUARANTINE: /* both ends at once */
        node_free_locked(view, ref);
        break;
    case PORT_NODE_DELIVERING:
    case PORT_NODE_REPLYING:
    case PORT_NODE_ACCEPTING: /* a thread is at work on it: it sees the flag at its end (D1) */
        if (!MUTANT(no_cancel_mark))
            node->flags |= PORT_NODE_CANCELED | ack;
        break;
    case PORT_NODE_FREE:
    case PORT_NODE_STATES:
    default:
        break;
    }
}

static struct taking take_cancel(struct port_view *view, const struct candidate *candidate)
{
    const struct lane_message *message = &candidate->record.message;
    uint32_t ref = node_find_locked(view, message->message_id);
    struct port_node *node = node_at(view, ref);

    if (node &&
        (node->connection != message->connection || node->callback_id != message->callback_id))
        node = NULL;
    if (message->kind == LANE_ACK || message->flags & LANE_RELEASE) {
        if (node && (node->state == PORT_NODE_SENT || node->state == PORT_NODE_QUARANTINE))
            node_free_locked(view, ref);
        return TAKING(DROP);
    }
    if (node)
        cancel_node_locked(view, ref, candidate);
    return TAKING(DROP);
}

/* The requester has given its slot up and waits for it to come back (whoever claims it later finds
 * it gone); or a datagram brought one only to be told that it has been taken (a resource reserve).
 */
static bool give_slot_back(const struct candidate *candidate)
{
    const struct lane_message *message = &candidate->record.message;

    if (!message->slot || (message->kind != LANE_CANCEL && message->kind != LANE_DATAGRAM))
        return true;
    return slot_return(candidate->lane_view, message->slot - 1, message->slot_word) != LANE_BROKEN;
}

static struct taking take_from_open(struct port_view *view, const struct candidate *candidate)
{
    uint16_t kind = candidate->record.message.kind;

    if (kind == LANE_REQUEST || kind == LANE_DATAGRAM)
        return take_new(view, candidate);
    return kind == LANE_CONTINUATION ? take_continuation(view, candidate)
                                     : take_cancel(view, candidate);
}

static struct taking take_from_closed(struct port_view *view,
                                      const struct port_connection *connection,
                                      const struct candidate *candidate)
{
    uint16_t kind = candidate->record.message.kind;

    /* The sender of one with a slot waits no more. */
    if (atom_load(&connection->close_flags) & PORT_CLOSE_NO_FLUSH &&
        candidate->stamp <= atom_load(&connection->close_stamp) && !candidate->record.message.slot)
        return take_from_open(view, candidate);
    /* A continuation's message is canceled when the close is received. */
    if (candidate->stamp > atom_load(&connection->close_stamp) ||
        (kind != LANE_REQUEST && kind != LANE_DATAGRAM))
        return TAKING(DROP);
    return TAKING(CANCELED);
}

static struct taking take_from_daemon(const struct port_connection *connection, uint16_t kind)
{
    struct taking taking = TAKING(MESSAGE);

    if (atom_load(&connection->state) == PORT_CONNECTION_CLOSED && kind == LANE_CONNECT_REQUEST)
        return TAKING(DROP);
    if (kind == LANE_CONNECT_REQUEST) {
        taking.type = LPC_CONNECTION_REQUEST | LPC_CONTINUATION;
        return taking;
    }
    taking.flags = PORT_NODE_RELEASED;
    taking.type = kind == LANE_CONNECT_REPLY ? LPC_CONNECTION_REPLY : LPC_CLIENT_DIED;
    return taking;
}

/* (K2) The daemon gives a place away whenever its close has been received: what was read of it
 * since the generation was looked at may be another's. `state` was read before. */
static bool is_another_s(const struct port_connection *connection, uint32_t state,
                         const struct lane_message *message)
{
    return !MUTANT(no_second_look) &&
           (state == PORT_CONNECTION_FREE ||
            atom_load(&connection->generation) != message->connection_generation);
}

struct taking take_resolve_locked(struct port_view *view, const struct candidate *candidate)
{
    const struct lane_message *message = &candidate->record.message;
    struct port_lane *lane = &view->at.lanes[candidate->index];
    uint16_t kind = message->kind;

    bool is_daemons = kind >= LANE_CONNECT_REQUEST && kind <= LANE_CLIENT_DIED;

    if (is_daemons != (candidate->index == 0) || message->attr_size > PORT_ATTRIBUTES_MAX_BYTES)
        return TAKING(BREAK);
    if (kind == LANE_MOVED)
        return TAKING(DROP);
    if (!give_slot_back(candidate))
        return TAKING(BREAK);
    struct port_connection *connection = connection_at_locked(view, message->connection);
    if (!connection || connection->marked_generation != message->connection_generation)
        return TAKING(DROP);
    if (is_daemons)
        return take_from_daemon(connection, kind);
    const bool has_sender = connection_has_sender(connection, atom_load(&lane->sender));
    const uint32_t state = atom_load(&connection->state);
    if (UNLIKELY(is_another_s(connection, state, message)))
        return TAKING(DROP);
    if (!has_sender)
        return TAKING(BREAK);
    if (UNLIKELY(state == PORT_CONNECTION_CLOSED))
        return take_from_closed(view, connection, candidate);
    return take_from_open(view, candidate);
}

static void free_popped_locked(struct port_view *view, const struct candidate *candidate)
{
    struct port_lane *lane = &view->at.lanes[candidate->index];
    uint64_t upto = lane->refs_head ? node_at(view, lane->refs_head)->position : lane->cursor.next;

    cursor_free(candidate->lane_view, &lane->cursor, upto);
}

void take_pop_locked(struct port_view *view, const struct candidate *candidate)
{
    struct port_lane *lane = &view->at.lanes[candidate->index];

    lane->n_drops = 0;
    cursor_take(&lane->cursor, &candidate->record);
    HOOK(popped);
    free_popped_locked(view, candidate);
    if (UNLIKELY(candidate->record.message.kind == LANE_MOVED)) {
        /* Nothing follows that would tell the sender: it waits for this to give the lane back. */
        cursor_publish(candidate->lane_view, &lane->cursor);
        lane_end_locked(view, candidate->index);
    }
}

void take_drop_locked(struct port_view *view, const struct candidate *candidate)
{
    struct port_lane *lane = &view->at.lanes[candidate->index];
    uint32_t n_drops = lane->n_drops + 1;

    take_pop_locked(view, candidate);
    lane->n_drops = n_drops;
    if (UNLIKELY(n_drops > DROPS_MAX))
        lane_break_locked(view, candidate->index, LANE_BREAK_PROTOCOL);
}

void take_commit_locked(struct port_view *view, const struct candidate *candidate, uint32_t node,
                        enum port_node_state state, bool by_ref)
{
    struct port_journal *journal = &view->at.memory->journal;
    struct port_lane *lane = &view->at.lanes[candidate->index];

    lane->n_drops = 0;
    journal->node = node;
    journal->node_state = state;
    journal->by_ref = by_ref;
    journal->lane = candidate->index + 1;
    journal->next = candidate->record.end;
    journal->stamp = candidate->record.stamp_ns;
    step_order();
    journal->armed =
        !MUTANT(no_journal); /* (J1) From here on the repair pass completes the step. */
    HOOK(armed);
    step_order();
    cursor_take(&lane->cursor, &candidate->record);
    HOOK(taken);
    step_order();
    if (by_ref)
        node_ref_locked(view, node);
    if (state == PORT_NODE_FREE)
        node_free_locked(view, node);
    else
        node_move_locked(view, node, state);
    step_order();
    journal->armed = 0;
    HOOK(disarmed);
    if (MUTANT(late_holder))
        node_at(view, node)->holder = view->holder;
    if (!by_ref)
        free_popped_locked(view, candidate);
}

uint32_t take_node_locked(struct port_view *view, const struct candidate *candidate,
                          const struct taking *taking)
{
    const struct lane_message *message = &candidate->record.message;
    uint32_t ref = taking->node ? taking->node : node_new_locked(view);
    struct port_node *node = node_at(view, ref);

    if (!node)
        return 0;
    node->holder = MUTANT(late_holder) ? PORT_HOLDERS_MAX : view->holder; /* (D3) */
    node->message_id = message->message_id;
    node->callback_id = message->callback_id;
    node->connection = message->connection;
    node->connection_generation = message->connection_generation;
    node->type = taking->type;
    node->flags = (node->flags & ~(uint32_t)(PORT_NODE_RELEASED | PORT_NODE_LENT)) | taking->flags;
    node->lane = candidate->index;
    node->lane_generation = view->at.lanes[candidate->index].marked_generation;
    node->kind = message->kind;
    node->sender_thread_id = message->sender_tid;
    node->position = candidate->record.position;
    node->stamp = candidate->stamp;
    node->data_length = message->data_size;
    node->attributes_length = message->attr_size;
    if (!taking->node && !(taking->flags & PORT_NODE_RELEASED))
        node_hash_locked(view, ref);
    if (message->slot && message->kind != LANE_DATAGRAM)
        node_set_slot_locked(view, ref, message->slot, message->slot_word);
    return ref;
}
